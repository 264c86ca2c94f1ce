proxy_on() {
  export HTTP_PROXY=http://proxy.corp.example:3128
}
export DOCKER_CONFIG=$HOME/.docker
export ALL_PROXY=$(cat ~/.proxy)
