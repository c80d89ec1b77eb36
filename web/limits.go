package web

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// newValidator makes the validator of requests; its faults are named by JSON, query or path name.
func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string {
		for _, tag := range []string{"json", "query", "path"} {
			name, _, _ := strings.Cut(field.Tag.Get(tag), ",")
			if name != "" && name != "-" {
				return name
			}
		}
		return field.Name
	})
	return v
}

// fieldPlace turns the validator's path into the form's: the request's own name and the names of embedded structs go.
func fieldPlace(namespace string) string {
	_, place, _ := strings.Cut(namespace, ".")
	return strings.TrimPrefix(place, "Form.")
}

func limitKey(tag string) string {
	switch tag {
	case "required":
		return "missing"
	case "max":
		return "too-long"
	case "min":
		return "too-small"
	case "oneof":
		return "unknown-choice"
	}
	return "not-allowed"
}

func limitArgs(f validator.FieldError) map[string]string {
	if f.Param() == "" {
		return nil
	}
	if f.Tag() == "oneof" {
		return map[string]string{"value": fmt.Sprint(f.Value()), "choices": strings.ReplaceAll(f.Param(), " ", ", ")}
	}
	return map[string]string{"max": f.Param()}
}
