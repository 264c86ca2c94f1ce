"""Gets a URL with urllib."""

import sys
import urllib.request

urllib.request.urlopen(sys.argv[1])
