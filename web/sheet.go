package web

import (
	"slices"
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

// sheetWords are the words that a message is to be found by, beside its tags.
func sheetWords(m correspondence.MessageView) []string {
	return slices.Concat(m.FreeTags, m.Countries, m.Persons)
}

func served(a correspondence.AddresseeView) string { return strings.Join(a.Serve, " - ") }

// comma parts the second and later names of a list from the one before.
func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}
