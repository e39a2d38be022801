"""The commands of the command line, one module each: options in ``add_parser``, the work in its handler."""
