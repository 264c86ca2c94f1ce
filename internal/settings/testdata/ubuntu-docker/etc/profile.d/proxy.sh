export HTTPS_PROXY=http://dev:Ex4mple%%40Pass@proxy.corp.example:3128
export NO_PROXY="'localhost,.corp.example'"
