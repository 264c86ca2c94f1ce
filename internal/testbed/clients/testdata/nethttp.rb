# Gets a URL with Net::HTTP.
require 'net/http'

Net::HTTP.get_response(URI(ARGV[0]))
