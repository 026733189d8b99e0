"""Tool mode: scripts as tools of an agent, with one JSON envelope as their answer."""
