package search

// A stem is a folded word without what French or English add to it for number and gender: light on purpose, so that a word is never taken for another
// family's. Messages are stemmed in their own language; a question, whose language nobody knows, asks for every way its words may have been stemmed.

const shortestStem = 4 // letters; shorter words are left alone

// stemFrench takes off the plural and the feminine: journaux and journal, nationales and national, européenne and européen meet.
func stemFrench(w []byte) []byte {
	if !stemmable(w) {
		return w
	}
	w = frenchPlural(w)
	if len(w) < shortestStem+2 || w[len(w)-1] != 'e' || w[len(w)-2] == 'e' {
		return w
	}
	w = w[:len(w)-1]
	switch last := w[len(w)-1]; {
	case last == w[len(w)-2] && (last == 'n' || last == 'l' || last == 't'):
		w = w[:len(w)-1] // européenn, culturell, muett
	case last == 's' && w[len(w)-2] != 's':
		w = w[:len(w)-1] // française and français, which lost its s as a plural would
	case last == 'v':
		w[len(w)-1] = 'f' // administrative and administratif
	}
	return w
}

func frenchPlural(w []byte) []byte {
	n := len(w)
	switch {
	case n > shortestStem && ends(w, "aux") && w[n-4] != 'e':
		w[n-2] = 'l' // journaux: journal
		return w[:n-1]
	case n > shortestStem && w[n-1] == 'x' && w[n-2] == 'u':
		return w[:n-1] // bateaux, feux
	case w[n-1] == 's' && w[n-2] != 's':
		return w[:n-1]
	}
	return w
}

// stemEnglish takes off the plural: countries and country, processes and process, treaties and treaty meet.
func stemEnglish(w []byte) []byte {
	if !stemmable(w) || w[len(w)-1] != 's' {
		return w
	}
	n := len(w)
	switch {
	case n > shortestStem && ends(w, "ies"):
		w[n-3] = 'y'
		return w[:n-2]
	case ends(w, "sses") || ends(w, "ches") || ends(w, "shes") || n > shortestStem && ends(w, "xes"):
		return w[:n-2]
	case w[n-2] == 's' || w[n-2] == 'u' || w[n-2] == 'i':
		return w
	}
	return w[:n-1]
}

// stemmable reports whether the word is of letters only and long enough.
func stemmable(w []byte) bool {
	if len(w) < shortestStem {
		return false
	}
	for _, b := range w {
		if b < 'a' || b > 'z' {
			return false
		}
	}
	return true
}

func ends(w []byte, with string) bool {
	return len(w) >= len(with) && string(w[len(w)-len(with):]) == with
}

// Stems are the ways one folded word may stand in the index: as it is, as French, as English; doubles left out.
func Stems(folded string) []string {
	stems := []string{folded}
	for _, stem := range [...]func([]byte) []byte{stemFrench, stemEnglish} {
		one := string(stem([]byte(folded)))
		known := false
		for _, other := range stems {
			known = known || other == one
		}
		if !known {
			stems = append(stems, one)
		}
	}
	return stems
}

// IsStopWord reports whether a folded word says nothing of a text's subject in French or English. Stop words are indexed, because phrases hold them,
// but a question that has other words does not ask for them.
func IsStopWord(folded string) bool {
	switch folded {
	case "a", "ai", "au", "aux", "avec", "ce", "ces", "cet", "cette", "dans", "de", "des", "du", "elle", "elles", "en", "et", "eu", "il", "ils", "je", "la",
		"le", "les", "leur", "leurs", "lui", "mais", "me", "mes", "mon", "ne", "nos", "notre", "nous", "on", "ont", "ou", "par", "pas", "pour", "que", "qui",
		"sa", "se", "ses", "son", "sont", "sur", "te", "tes", "ton", "tu", "un", "une", "vos", "votre", "vous", "y", "est", "etre",
		"an", "and", "are", "as", "at", "be", "been", "but", "by", "for", "from", "had", "has", "have", "he", "her", "his", "if", "in", "into", "is", "it",
		"its", "no", "not", "of", "or", "our", "she", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "was", "we", "were",
		"which", "will", "with", "you", "your":
		return true
	}
	return false
}
