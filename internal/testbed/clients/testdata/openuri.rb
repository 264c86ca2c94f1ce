# Gets a URL with open-uri.
require 'open-uri'

URI.parse(ARGV[0]).open
