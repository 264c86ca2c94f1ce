"""Gets a URL with requests."""

import sys

import requests

requests.get(sys.argv[1])
