package hostproxy

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"

	"howett.net/plist"

	"pullpath/internal/route"
)

// told writes what a place says in one line.
func told(p Proxies) string {
	var out []string
	for _, v := range p.Env {
		out = append(out, v.Name+"="+v.Value)
	}
	if p.PAC.Name != "" {
		out = append(out, "PAC="+p.PAC.Value)
	}
	if p.Script != nil {
		out = append(out, "script")
	}
	if p.Detect.Name != "" {
		out = append(out, "detect")
	}
	if p.Off {
		out = append(out, "off")
	}
	return strings.Join(out, " ")
}

const userKey = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n"

// connectionHex is a binary value of a connection in a .reg file.
func connectionHex(flags uint32, texts ...string) string {
	data := binary.LittleEndian.AppendUint32(nil, 0x46)
	data = binary.LittleEndian.AppendUint32(data, 7)
	data = binary.LittleEndian.AppendUint32(data, flags)
	for _, text := range texts {
		data = append(binary.LittleEndian.AppendUint32(data, uint32(len(text))), text...)
	}
	var out []string
	for _, b := range data {
		out = append(out, hex.EncodeToString([]byte{b}))
	}
	folded := strings.Join(out, ",")
	return "hex:" + folded[:30] + "\\\r\n  " + folded[30:]
}

func utf16File(text string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestWinINET(t *testing.T) {
	const machine = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n"
	const policy = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n"
	for name, row := range map[string]struct{ text, want, place string }{
		"one proxy": {userKey + "\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=\"proxy.corp.example:8080\"\r\n" +
			"\"ProxyOverride\"=\"*.corp.example;<local>\"\r\n",
			"HTTPS_PROXY=proxy.corp.example:8080 HTTP_PROXY=proxy.corp.example:8080 NO_PROXY=*.corp.example;<local>", "WinINET of the user"},
		"with a scheme": {userKey + "\"ProxyEnable\"=dword:1\r\n\"ProxyServer\"=\"http://proxy.corp.example:8080\"\r\n",
			"HTTPS_PROXY=http://proxy.corp.example:8080 HTTP_PROXY=http://proxy.corp.example:8080", ""},
		"for each scheme": {userKey + "\"ProxyEnable\"=dword:00000001\r\n" +
			"\"ProxyServer\"=\"http=a.example:80;https=b.example:443;ftp=c:21;socks=d.example:1080\"\r\n",
			"HTTP_PROXY=a.example:80 HTTPS_PROXY=b.example:443 ALL_PROXY=socks4://d.example:1080", ""},
		"switched off": {userKey + "\"ProxyEnable\"=dword:00000000\r\n\"ProxyServer\"=\"proxy.corp.example:8080\"\r\n", "", ""},
		"a PAC file":   {userKey + "\"AutoConfigURL\"=\"http://wpad.corp.example/proxy.pac\"\r\n", "PAC=http://wpad.corp.example/proxy.pac", ""},
		"detected":     {userKey + "\"AutoDetect\"=dword:00000001\r\n", "detect", ""},
		"of the connection": {userKey[:len(userKey)-3] + "\\Connections]\r\n\"DefaultConnectionSettings\"=" +
			connectionHex(0x0f, "proxy.corp.example:3128", "<local>", "http://pac.example/p.pac") + "\r\n",
			"HTTPS_PROXY=proxy.corp.example:3128 HTTP_PROXY=proxy.corp.example:3128 NO_PROXY=<local> PAC=http://pac.example/p.pac detect", ""},
		"of the machine by policy": {policy + "\"ProxySettingsPerUser\"=dword:00000000\r\n\r\n" + machine +
			"\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=\"machine.corp.example:8080\"\r\n" + userKey +
			"\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=\"user.example:1\"\r\n",
			"HTTPS_PROXY=machine.corp.example:8080 HTTP_PROXY=machine.corp.example:8080", "WinINET of the machine (policy)"},
		"by a policy of the user": {userKey + "\"ProxyEnable\"=dword:00000001\r\n\"ProxyServer\"=\"user.example:1\"\r\n" +
			"[HKEY_CURRENT_USER\\Software\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n\"ProxyEnable\"=dword:00000001\r\n" +
			"\"ProxyServer\"=\"policy.example:2\"\r\n", "HTTPS_PROXY=policy.example:2 HTTP_PROXY=policy.example:2", ""},
		"nothing": {userKey, "", ""},
	} {
		for form, data := range map[string][]byte{
			"version 5": utf16File("Windows Registry Editor Version 5.00\r\n\r\n" + row.text), "REGEDIT4": []byte("REGEDIT4\r\n\r\n" + row.text),
		} {
			r, err := ParseRegistry("x.reg", data)
			if err != nil {
				t.Fatal(err)
			}
			got := WinINET(r, "HKCU")
			if told(got) != row.want || row.place != "" && got.Place != row.place {
				t.Errorf("%s, %s: %s %q, want %q", name, form, got.Place, told(got), row.want)
			}
			for _, v := range got.Env {
				if !strings.HasPrefix(v.Source, "x.reg:") {
					t.Errorf("%s: source %s", name, v.Source)
				}
			}
		}
	}
}

func TestRegistryForms(t *testing.T) {
	query := "\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n" +
		"    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    proxy.corp.example:8080\r\n" +
		"\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\docker\r\n    Environment    REG_MULTI_SZ    " +
		"HTTPS_PROXY=http://p.example:1\\0NO_PROXY=.corp\r\n"
	r, err := ParseRegistry("reg.txt", []byte(query))
	if err != nil || told(WinINET(r, "HKCU")) != "HTTPS_PROXY=proxy.corp.example:8080 HTTP_PROXY=proxy.corp.example:8080" {
		t.Errorf("%v %s", err, told(WinINET(r, "HKCU")))
	}
	if env, installed := ServiceEnvironment(r, "docker"); !installed || len(env) != 2 || env[0].Value != "http://p.example:1" {
		t.Errorf("%v %v", env, installed)
	}
	if _, installed := ServiceEnvironment(r, "containerd"); installed {
		t.Error("a service that is not there")
	}
	multi := "Windows Registry Editor Version " +
		"5.00\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\docker]\r\n\"Environment\"=hex(7):" +
		"41,00,3d,00,62,00,00,00,00,00\r\n[HKEY_CURRENT_USER\\Environment]\r\n\"Https_Proxy\"=hex(2):70,00,00,00\r\n"
	r, err = ParseRegistry("m.reg", []byte(multi))
	if err != nil {
		t.Fatal(err)
	}
	if env, _ := ServiceEnvironment(r, "docker"); len(env) != 1 || env[0].Name != "A" || env[0].Value != "b" {
		t.Errorf("%v", env)
	}
	if env := Environment(r, `HKCU\Environment`); len(env) != 1 || env[0].Name != "HTTPS_PROXY" || env[0].Value != "p" {
		t.Errorf("%v", env)
	}
	items := "\r\n\r\nProxyEnable   : 1\r\nProxyServer   : proxy.corp.example:8080\r\nAutoConfigURL : http://pac/p.pac\r\n" +
		"PSPath        : " +
		"Microsoft.PowerShell.Core\\Registry::HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n" +
		"PSProvider    : Microsoft.PowerShell.Core\\Registry\r\n"
	r, err = ParseRegistry("items.txt", utf16File(items))
	if want := "HTTPS_PROXY=proxy.corp.example:8080 HTTP_PROXY=proxy.corp.example:8080 PAC=http://pac/p.pac"; err != nil ||
		told(WinINET(r, "HKCU")) != want {
		t.Errorf("Get-ItemProperty: %v %s", err, told(WinINET(r, "HKCU")))
	}
	if _, err := ParseRegistry("x", []byte("hello")); err == nil {
		t.Error("a text is taken for a registry")
	}
}

func TestWinHTTP(t *testing.T) {
	text := "REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet " +
		"Settings\\Connections]\n\"WinHttpSettings\"="
	r, _ := ParseRegistry("x", []byte(text+connectionHex(3, "proxy.example:8080", "*.corp")+"\n"))
	got, found := WinHTTP(r)
	if !found || told(got) != "HTTPS_PROXY=proxy.example:8080 HTTP_PROXY=proxy.example:8080 NO_PROXY=*.corp" {
		t.Errorf("%v %s", found, told(got))
	}
	r, _ = ParseRegistry("x", []byte(text+connectionHex(1, "", "")+"\n"))
	if got, found := WinHTTP(r); !found || told(got) != "off" {
		t.Errorf("direct: %v %s", found, told(got))
	}
	if got, found := ParseNetsh("netsh.txt",
		[]byte("\nCurrent WinHTTP proxy settings:\n\n    Proxy Server(s) :  http=a:80;https=b:443\n    Bypass List     :  "+
			"*.corp;<local>\n")); !found ||
		told(got) != "HTTP_PROXY=a:80 HTTPS_PROXY=b:443 NO_PROXY=*.corp;<local>" {
		t.Errorf("%v %s", found, told(got))
	}
	if got, found := ParseNetsh("x", []byte("Current WinHTTP proxy settings:\n\n    Direct access (no proxy server).\n")); !found ||
		told(got) != "off" {
		t.Errorf("%v %s", found, told(got))
	}
}

const preferences = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CurrentSet</key><string>/Sets/S1</string>
<key>NetworkServices</key><dict>
 <key>WIFI</key><dict><key>UserDefinedName</key><string>Wi-Fi</string><key>Proxies</key><dict>
  <key>HTTPSEnable</key><integer>1</integer><key>HTTPSProxy</key><string>proxy.corp.example</string>
  <key>HTTPSPort</key><integer>8080</integer>
  <key>HTTPEnable</key><integer>0</integer><key>HTTPProxy</key><string>old.example</string>
  <key>ExceptionsList</key><array><string>*.local</string><string>169.254/16</string></array>
  <key>ExcludeSimpleHostnames</key><integer>1</integer>
 </dict></dict>
 <key>VPN</key><dict><key>UserDefinedName</key><string>VPN</string><key>Proxies</key><dict>
  <key>ProxyAutoConfigEnable</key><integer>1</integer>
  <key>ProxyAutoConfigURLString</key><string>http://pac.corp.example/p.pac</string></dict></dict>
 <key>OLD</key><dict><key>__INACTIVE__</key><integer>1</integer></dict>
</dict>
<key>Sets</key><dict><key>S1</key><dict><key>Network</key><dict><key>Global</key><dict><key>IPv4</key><dict>
 <key>ServiceOrder</key><array><string>VPN</string><string>WIFI</string><string>OLD</string></array></dict></dict></dict></dict></dict>
</dict></plist>`

func TestMacPreferences(t *testing.T) {
	services, err := ParsePreferences("preferences.plist", []byte(preferences))
	if err != nil || len(services) != 2 {
		t.Fatalf("%v: %+v", err, services)
	}
	if services[0].Name != "VPN" || told(services[0].Proxies) != "PAC=http://pac.corp.example/p.pac" {
		t.Errorf("%s %s", services[0].Name, told(services[0].Proxies))
	}
	if want := "HTTPS_PROXY=proxy.corp.example:8080 NO_PROXY=*.local,169.254/16,<local>"; services[1].Name != "Wi-Fi" ||
		told(services[1].Proxies) != want {
		t.Errorf("%s %s", services[1].Name, told(services[1].Proxies))
	}
	var raw map[string]any
	if _, err := plist.Unmarshal([]byte(preferences), &raw); err != nil {
		t.Fatal(err)
	}
	data, err := plist.Marshal(raw, plist.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	if binary, err := ParsePreferences("p", data); err != nil || len(binary) != 2 || told(binary[1].Proxies) != told(services[1].Proxies) {
		t.Errorf("the binary form: %v %+v", err, binary)
	}
	if _, err := ParsePreferences("p", []byte("bplist00junk")); err == nil {
		t.Error("junk is taken for a property list")
	}
}

func TestScutil(t *testing.T) {
	text := "<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n    1 : 10/8\n  }\n  FTPPassive : 1\n  HTTPEnable : " +
		"1\n  HTTPPort : 3128\n" +
		"  HTTPProxy : proxy.corp.example\n  HTTPSEnable : 0\n  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : " +
		"http://pac.corp.example/p.pac\n" +
		"  __SCOPED__ : <dictionary> {\n    en0 : <dictionary> {\n      HTTPSEnable : 1\n      HTTPSProxy : scoped.example\n    }\n  }\n}\n"
	got, found := ParseScutil("scutil.txt", []byte(text))
	if want := "HTTP_PROXY=proxy.corp.example:3128 NO_PROXY=*.local,10/8 PAC=http://pac.corp.example/p.pac"; !found || told(got) != want {
		t.Errorf("%v %s", found, told(got))
	}
	if got, found := ParseScutil("x", []byte("<dictionary> {\n  FTPPassive : 1\n}\n")); !found || told(got) != "" {
		t.Errorf("%v %s", found, told(got))
	}
	if _, found := ParseScutil("x", []byte("No such command")); found {
		t.Error("a text is taken for a dictionary")
	}
}

func TestDockerDesktop(t *testing.T) {
	for name, row := range map[string]struct {
		text, want string
		mode       Mode
	}{
		"new keys": {`{"ProxyHTTPMode": "manual", "OverrideProxyHTTP": "http://p.example:8080", "OverrideProxyHTTPS": "http://p.example:8080",
			"OverrideProxyExclude": "*.corp.example,10.0.0.0/8", "ContainersProxyHTTPMode": "manual",
				"ContainersOverrideProxyHTTP": "http://other:1"}`,
			"HTTP_PROXY=http://p.example:8080 HTTPS_PROXY=http://p.example:8080 NO_PROXY=*.corp.example,10.0.0.0/8", Manual},
		"old keys": {`{"proxyHttpMode": "manual", "overrideProxyHttp": "http://p.example:1", "overrideProxyHttps": ""}`,
			"HTTP_PROXY=http://p.example:1", Manual},
		"a truth value":    {`{"proxyHttpMode": true, "overrideProxyHttps": "p.example:1"}`, "HTTPS_PROXY=p.example:1", Manual},
		"the system's":     {`{"ProxyHTTPMode": "system", "OverrideProxyHTTP": "http://unused:1"}`, "", BySystem},
		"not said":         {`{"Cpus": 4}`, "", ""},
		"manual and empty": {`{"ProxyHTTPMode": "manual"}`, "off", Manual},
		"a PAC file": {`{"ProxyHTTPMode": "manual", "OverrideProxyPAC": "http://pac.example/p.pac"}`,
			"PAC=http://pac.example/p.pac", Manual},
		"a script": {`{"ProxyHTTPMode": "manual", "OverrideProxyPAC": "http://x/p",
			"OverrideProxyEmbeddedPAC": "function FindProxyForURL(u,h){return 'DIRECT'}"}`,
			"PAC= script", Manual},
	} {
		got, err := ParseDockerDesktop("settings-store.json", []byte(row.text))
		if err != nil || told(got.Proxies) != row.want || got.Mode != row.mode {
			t.Errorf("%s: %v %s %q, want %s %q", name, err, got.Mode, told(got.Proxies), row.mode, row.want)
		}
	}
	admin := `{"configurationFileVersion": 2, "proxy": {"locked": true, "mode": "manual", "http": "http://a:1", "https": "http://a:1",
		"exclude": ["corp.example", "10.0.0.0/8"], "pac": "", "embeddedPac": ""}, "containersProxy": {"mode": "manual", "http": "http://c:1"}}`
	got, found, err := ParseDockerAdmin("admin-settings.json", []byte(admin))
	if err != nil || !found || !got.Locked ||
		told(got.Proxies) != "HTTP_PROXY=http://a:1 HTTPS_PROXY=http://a:1 NO_PROXY=corp.example,10.0.0.0/8" {
		t.Errorf("%v %v %+v", err, found, got)
	}
	if _, found, _ := ParseDockerAdmin("x", []byte(`{"kubernetes": {}}`)); found {
		t.Error("no proxy is one")
	}
	if _, err := ParseDockerDesktop("x", []byte("{")); err == nil {
		t.Error("half a document is read")
	}
	profile := `<plist version="1.0"><dict><key>overrideProxyHTTPS</key><string>http://p:1</string></dict></plist>`
	if got, found, err := ParseDockerProfile("x", []byte(profile)); err != nil || !found || told(got.Proxies) != "HTTPS_PROXY=http://p:1" {
		t.Errorf("%v %v %s", err, found, told(got.Proxies))
	}
}

func TestProducts(t *testing.T) {
	rancher, err := ParseRancherDesktop("settings.json", []byte(`{"version": 15, "experimental": {"virtualMachine": {"proxy": {"enabled": true,
		"address": "http://proxy.corp.example", "port": 3128, "username": "", "password": "", "noproxy": ["0.0.0.0/8", ".corp.example"]}}}}`))
	if want := "HTTPS_PROXY=http://proxy.corp.example:3128 HTTP_PROXY=http://proxy.corp.example:3128 " +
		"NO_PROXY=0.0.0.0/8,.corp.example"; err != nil || told(rancher) != want {
		t.Errorf("%v %s", err, told(rancher))
	}
	off, err := ParseRancherDesktop("x", []byte(`{"experimental": {"virtualMachine": {"proxy": {"enabled": false, "address": "a"}}}}`))
	if err != nil || told(off) != "" {
		t.Errorf("%v %s", err, told(off))
	}
	for text, want := range map[string]string{
		`{"proxy.enabled": 1, "proxy.https": "http://p:1", "proxy.http": "http://p:1", "proxy.no": "localhost"}`: "manual " +
			"HTTP_PROXY=http://p:1 HTTPS_PROXY=http://p:1 NO_PROXY=localhost",
		`{"proxy.enabled": true, "proxy.https": "http://p:1"}`: "manual HTTPS_PROXY=http://p:1",
		`{"proxy.enabled": 0, "proxy.https": "http://p:1"}`:    "system ",
		`{"proxy.enabled": 2}`:                                 "manual off", `{}`: "system ",
	} {
		mode, got, err := ParsePodmanDesktop("x", []byte(text))
		if err != nil || string(mode)+" "+told(got) != want {
			t.Errorf("%s: %v %s %s", text, err, mode, told(got))
		}
	}
	for text, want := range map[string]string{
		`{"network_proxy": "auto"}`: "system ", `{}`: "system ", `{"network_proxy": "none"}`: "manual off",
		`{"network_proxy": "http://p:1"}`: "manual HTTPS_PROXY=http://p:1 HTTP_PROXY=http://p:1",
	} {
		mode, got, err := ParseOrbStack("x", []byte(text))
		if err != nil || string(mode)+" "+told(got) != want {
			t.Errorf("%s: %v %s %s", text, err, mode, told(got))
		}
	}
	lima, err := ParseLima("lima.yaml", []byte("vmType: vz\nenv:\n  HTTPS_PROXY: http://p:1\n  N: 3\npropagateProxyEnv: "+
		"false\ndocker:\n  proxies:\n    https-proxy: http://d:2\n"))
	if err != nil || lima.Propagates || lima.VMType != "vz" || len(lima.Env) != 1 || len(lima.Docker) != 1 ||
		lima.Docker[0].Name != "HTTPS_PROXY" {
		t.Errorf("%v %+v", err, lima)
	}
	if lima, err := ParseLima("x", nil); err != nil || !lima.Propagates {
		t.Errorf("%v %+v", err, lima)
	}
}

func TestWSL(t *testing.T) {
	proxy := Proxies{Env: route.Environment{{Name: "HTTPS_PROXY", Value: "proxy.example:1"}, {Name: "NO_PROXY", Value: "<local>"}}}
	local := Proxies{Env: route.Environment{{Name: "HTTPS_PROXY", Value: "127.0.0.1:8080"}}}
	pac := Proxies{PAC: route.Variable{Name: "AutoConfigURL", Value: "http://pac"}}
	for name, row := range map[string]struct {
		config string
		from   Proxies
		n      int
		why    string
	}{
		"handed over":        {"", proxy, 2, ""},
		"switched off":       {"[wsl2]\nautoProxy=false\n", proxy, 0, "autoProxy is off"},
		"off, experimental":  {"[experimental]\r\nautoProxy = false # x\r\n", proxy, 0, "autoProxy is off"},
		"loopback in NAT":    {"[wsl2]\nnetworkingMode=nat\n", local, 0, "NAT mode"},
		"loopback, mirrored": {"[wsl2]\nnetworkingMode=mirrored\n", local, 1, ""},
		"PAC alone":          {"[wsl2]\nautoProxy=true\n", pac, 0, "HTTPS_PROXY empty"},
		"of another section": {"[boot]\nautoProxy=false\n", proxy, 2, ""},
		"nothing in Windows": {"", Proxies{}, 0, ""},
	} {
		env, why := ParseWSLConfig([]byte(row.config)).HandedOver(row.from)
		if len(env) != row.n || (row.why == "") != (why == "") || !strings.Contains(why, row.why) {
			t.Errorf("%s: %v %q", name, env, why)
		}
	}
}

func TestLinuxDesktops(t *testing.T) {
	list := "org.gnome.system.proxy autoconfig-url ''\norg.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '.corp.example']\n" +
		"org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy.https host 'proxy.corp.example'\norg.gnome.system.proxy.https port 8080\n" +
		"org.gnome.system.proxy.http host ''\norg.gnome.system.proxy.http port 8080\n"
	keyfile := "[system/proxy]\nmode='manual'\nignore-hosts=['localhost', '127.0.0.0/8', " +
		"'.corp.example']\n\n[system/proxy/https]\nhost='proxy.corp.example'\nport=uint32 8080\n"
	for form, text := range map[string]string{"gsettings": list, "keyfile": keyfile} {
		got, found := ParseGSettings("x", []byte(text))
		if want := "HTTPS_PROXY=proxy.corp.example:8080 NO_PROXY=localhost,127.0.0.0/8,.corp.example"; !found || told(got) != want {
			t.Errorf("%s: %v %s", form, found, told(got))
		}
	}
	got, _ := ParseGSettings("x", []byte("[org/gnome/system/proxy]\nmode='auto'\nautoconfig-url='http://pac/p'\n"))
	if told(got) != "PAC=http://pac/p" {
		t.Error(told(got))
	}
	if got, _ := ParseGSettings("x", []byte("[system/proxy]\nmode='none'\n")); told(got) != "off" {
		t.Error(told(got))
	}
	if _, found := ParseGSettings("x", []byte("[desktop/background]\nmode='x'\n")); found {
		t.Error("another schema")
	}
	for text, want := range map[string]string{
		"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example " +
			"3128\nNoProxyFor=localhost,.corp\n": "HTTPS_PROXY=http://proxy.example:3128 NO_PROXY=localhost,.corp",
		"[Proxy Settings][$i]\nProxyType=1\n": "", "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://pac/p\n": "PAC=http://pac/p",
		"[Proxy Settings]\nProxyType=3\n": "detect", "[Proxy Settings]\nProxyType[$i]=0\n": "off", "[Proxy Settings]\nProxyType=4\n": "",
	} {
		if got, _ := ParseKIO("x", []byte(text)); told(got) != want {
			t.Errorf("%q: %s, want %s", text, told(got), want)
		}
	}
}

func TestLaunchd(t *testing.T) {
	text := `<plist version="1.0"><dict><key>Label</key><string>setenv.proxy</string><key>ProgramArguments</key><array><string>/bin/sh</string>
		<string>-c</string><string>launchctl setenv HTTPS_PROXY http://p:1; launchctl setenv NO_PROXY .corp</string></array>
		<key>EnvironmentVariables</key><dict><key>HTTP_PROXY</key><string>http://own:1</string></dict></dict></plist>`
	label, all, own, err := ParseLaunchd("x", []byte(text))
	if err != nil || label != "setenv.proxy" || len(all) != 2 || all[1].Value != ".corp" || len(own) != 1 {
		t.Errorf("%v %s %v %v", err, label, all, own)
	}
	got := ParseLaunchctl("x", []byte("HTTPS_PROXY=\"http://p:1\"; export HTTPS_PROXY;\nPATH=/bin\n"))
	if len(got) != 2 || got[0].Value != "http://p:1" || got[1].Value != "/bin" {
		t.Errorf("%v", got)
	}
}

func TestFileOfURL(t *testing.T) {
	for text, want := range map[string]string{"file:///C:/Windows/proxy.pac": "/Windows/proxy.pac", "file://localhost/etc/p.pac": "/etc/p.pac",
		`file:///C:\Windows\p.pac`: "/Windows/p.pac", "http://x/p.pac": "", "file://server/share/p.pac": ""} {
		if got, _ := FileOfURL(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestContainers(t *testing.T) {
	for _, row := range [][2]string{
		{"kind work", `{"Name": "/work-control-plane", "Config": {"Labels": {"io.x-k8s.kind.cluster": "work", "io.x-k8s.kind.role": "worker"}}}`},
		{"", `{"Name": "/work-lb", "Config": {"Labels": {"io.x-k8s.kind.cluster": "work", "io.x-k8s.kind.role": "external-load-balancer"}}}`},
		{"k3d work", `{"Name": "/k3d-work-server-0", "Config": {"Labels": {"k3d.cluster": "work", "k3d.role": "server"}}}`},
		{"", `{"Name": "/k3d-work-serverlb", "Config": {"Labels": {"k3d.cluster": "work", "k3d.role": "loadbalancer"}}}`},
		{"minikube m", `{"Name": "/m", "Config": {"Labels": {"created_by.minikube.sigs.k8s.io": "true", "name.minikube.sigs.k8s.io": "m"}}}`},
		{"buildkit work", `{"Name": "/buildx_buildkit_work0", "Config": {"Image": "moby/buildkit"}}`},
		{"buildkit b", `{"Name": "/b", "Path": "/usr/bin/buildkitd", "Config": {"Image": "x"}}`},
		{"docker ci", `{"Name": "/ci", "Config": {"Image": "docker:28-dind"}}`},
		{"docker ci", `{"Name": "/ci", "Config": {"Image": "registry.example/ci/docker-dind@sha256:0"}}`},
		{"docker ci", `{"Name": "/ci", "Path": "dockerd-entrypoint.sh", "Config": {"Image": "x"}}`},
		{"", `{"Name": "/ci", "Path": "docker-entrypoint.sh", "Config": {"Image": "docker:28-cli"}}`},
		{"", `{"Name": "/blinding", "Config": {"Image": "example/dinding"}}`},
	} {
		want, text := row[0], row[1]
		found, err := ParseContainers("x", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		kind, of := found[0].Engine()
		if got := strings.TrimSpace(string(kind) + " " + of); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{``, `[]`, `{}`, `{"Name": "x"}`, `[1]`, `{"Config": {}}`} {
		if _, err := ParseContainers("x", []byte(text)); err == nil {
			t.Errorf("%q is taken for a container", text)
		}
	}
}
