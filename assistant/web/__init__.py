"""The panel: what people see of the assistant in a browser."""
