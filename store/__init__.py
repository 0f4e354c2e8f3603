"""Everything that is kept, and every rule about it.  Knows neither mail servers nor windows."""
