"""One module for each command, with the command's name; each has ``command``, and is imported when it is used."""
