"""The application: it drives the domain over the ports, and holds no rule."""
