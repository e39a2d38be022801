"""The running assistant: the core that everything attaches to, its threads, its ears and its loudspeaker."""
