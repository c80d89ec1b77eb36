package correspondence

// CleanText gives a text of several lines the form in which messages hold it: whoever makes a Message without a Draft needs it.
func CleanText(text string) string { return canonicalText(text) }

// OneLine is CleanText for what must stand on one line: a subject, a name.
func OneLine(text string) string { return canonicalLine(text) }
