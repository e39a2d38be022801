"""What others speak to: the control socket and the network routes."""
