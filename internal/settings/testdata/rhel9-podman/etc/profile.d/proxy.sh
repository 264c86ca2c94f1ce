# Proxy of the head office
PROXY=proxy.corp.example:3128
export http_proxy="http://svc-podman:Ex4mple%40Pass@${PROXY}"
export https_proxy=$http_proxy
export HTTP_PROXY=$http_proxy HTTPS_PROXY=$https_proxy
export no_proxy=localhost,127.0.0.1, .corp.example
if [ "$(id -u)" -ge 1000 ]; then
    export NO_PROXY="localhost,127.0.0.1,.corp.example"
fi
