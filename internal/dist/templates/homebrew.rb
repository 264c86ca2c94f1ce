# A formula of a tap: brew install TAP/pullpath
class Pullpath < Formula
  desc "Say why a container pull fails, and whose move it is"
  homepage "{{.URL}}"
  version "{{.Number}}"
  license "Apache-2.0"
{{range .Platforms}}{{if ne .OS "windows"}}
  on_{{if eq .OS "darwin"}}macos{{else}}linux{{end}} do
    on_{{if eq .Arch "amd64"}}intel{{else}}arm{{end}} do
      url "{{$.URL}}/{{.Archive}}"
      sha256 "{{.Sum}}"
    end
  end
{{end}}{{end}}
  def install
    bin.install "pullpath"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/pullpath.bash" => "pullpath"
    zsh_completion.install "completions/_pullpath"
    fish_completion.install "completions/pullpath.fish"
  end

  test do
    assert_match "pullpath", shell_output("#{bin}/pullpath version")
  end
end
