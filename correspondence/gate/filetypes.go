package gate

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// families are the types of file by what people call them: the beginnings of their media types.
var families = map[string][]string{
	"any":     {""},
	"picture": {"image/"},
	"pdf":     {"application/pdf"},
	"office": {"application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.", "application/msword", "application/vnd.ms-",
		"application/rtf"},
	"archive": {"application/zip", "application/gzip", "application/x-"},
	"text":    {"text/"},
}

// FileFamilies lists the families of files that a rule may name.
func FileFamilies() []string { return []string{"any", "picture", "pdf", "office", "archive", "text"} }

// extension and media are the other ways to name a type of file: ".docx", "image/png", "image/*".
var (
	extension = regexp.MustCompile(`^\.[a-z0-9]{1,10}$`)
	media     = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]{0,60}/(\*|[a-z0-9][a-z0-9.+-]{0,60})$`)
)

// IsFileType reports whether a rule may name a type of file so: a family, an extension or a media type.
func IsFileType(kind string) bool {
	return slices.Contains(FileFamilies(), kind) || extension.MatchString(kind) || media.MatchString(kind)
}

// is reports whether a file is of a type. A family and a media type go by what its inspection found it to be, an extension by its name.
func (f File) is(kind string) bool {
	if beginnings, known := families[kind]; known {
		return slices.ContainsFunc(beginnings, func(begins string) bool { return strings.HasPrefix(f.Type, begins) })
	}
	if strings.HasPrefix(kind, ".") {
		return strings.EqualFold(path.Ext(f.Name), kind)
	}
	if whole, isOpen := strings.CutSuffix(kind, "*"); isOpen {
		return strings.HasPrefix(f.Type, whole)
	}
	return f.Type == kind
}
