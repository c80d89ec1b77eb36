package web

import (
	"strings"

	"chancery/correspondence"
)

// membersOf are the addressees that a collective stood for at release.
func membersOf(m correspondence.MessageView, collective string) []correspondence.AddresseeView {
	var members []correspondence.AddresseeView
	for _, a := range m.Addressees {
		if a.Collective == collective {
			members = append(members, a)
		}
	}
	return members
}

func served(a correspondence.AddresseeView) string { return strings.Join(a.Serve, " - ") }

// comma parts the second and later names of a list from the one before.
func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}
