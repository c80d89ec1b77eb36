package web

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// marshalFilled writes a value as JSON with every list present: an empty one is [], never null.
func marshalFilled(value any) ([]byte, error) {
	body, err := json.Marshal(filled(reflect.ValueOf(value)).Interface())
	if err != nil {
		return nil, fmt.Errorf("write answer: %w", err)
	}
	return body, nil
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// filled copies a value with empty slices for nil ones; what it was given stays as it was, since others may hold it too.
func filled(v reflect.Value) reflect.Value {
	t := v.Type()
	if t == reflect.TypeFor[time.Time]() || t.Implements(textMarshaler) || reflect.PointerTo(t).Implements(textMarshaler) {
		return v
	}
	switch t.Kind() {
	case reflect.Slice:
		return filledSlice(v)
	case reflect.Struct:
		out := reflect.New(t).Elem()
		out.Set(v)
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				out.Field(i).Set(filled(v.Field(i)))
			}
		}
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(t.Elem())
		out.Elem().Set(filled(v.Elem()))
		return out
	}
	return v
}

func filledSlice(v reflect.Value) reflect.Value {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return v
	}
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		out.Index(i).Set(filled(v.Index(i)))
	}
	return out
}
