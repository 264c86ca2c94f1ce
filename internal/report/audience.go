package report

import "pullpath/internal/diagnosis"

// audience names those who have to change something.
func audience(a diagnosis.Audience) string {
	switch a {
	case diagnosis.HostAdmin:
		return "admin of this host"
	case diagnosis.NetworkTeam:
		return "network team"
	case diagnosis.ProxyAdmin:
		return "proxy team"
	case diagnosis.AccountOwner:
		return "owner of the registry account"
	case diagnosis.RegistryOperator:
		return "registry operator"
	}
	return string(a)
}

// otherWay says who else can fix a finding and how, empty for nobody.
func otherWay(or *diagnosis.Way) string {
	if or == nil || or.Remedy == "" {
		return ""
	}
	return audience(or.Audience) + ": " + or.Remedy
}
