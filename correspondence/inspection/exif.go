package inspection

import (
	"bytes"
	"encoding/binary"
)

// camera is what EXIF says of a picture that concerns the house.
type camera struct {
	orientation int  // 1 to 8 (EXIF 2.32 §4.6.4); 1 is upright
	place       bool // it tells where it was taken
}

// The tags of EXIF that are read.
const (
	tagOrientation = 0x0112
	tagPlace       = 0x8825
)

// readJPEG finds EXIF in the segments of a JPEG file; tells reports whether anything stands beside the picture.
func readJPEG(file []byte) (c camera, tells bool) {
	c.orientation = 1
	for at := 2; at+4 <= len(file) && file[at] == 0xFF; {
		marker, length := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		if marker == 0xDA || length < 2 || at+2+length > len(file) {
			break
		}
		segment := file[at+4 : at+2+length]
		if marker >= 0xE1 && marker <= 0xEF && marker != 0xEE || marker == 0xFE {
			tells = true
		}
		if exif, is := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); is && marker == 0xE1 {
			c = readTIFF(exif)
		}
		at += 2 + length
	}
	return c, tells
}

// readPNG finds EXIF in the chunks of a PNG file.
func readPNG(file []byte) (c camera, tells bool) {
	c.orientation = 1
	for at := 8; at+12 <= len(file); {
		length := int(binary.BigEndian.Uint32(file[at:]))
		if length < 0 || length > len(file)-at-12 {
			break
		}
		switch string(file[at+4 : at+8]) {
		case "eXIf":
			c, tells = readTIFF(file[at+8:at+8+length]), true
		case "tEXt", "zTXt", "iTXt", "tIME", "iCCP":
			tells = true
		}
		at += 12 + length
	}
	return c, tells
}

// readTIFF reads the first directory of EXIF's TIFF structure.
func readTIFF(b []byte) camera {
	c := camera{orientation: 1}
	if len(b) < 8 {
		return c
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(b[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at+2 > len(b) {
		return c
	}
	entries := int(order.Uint16(b[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > len(b) {
			break
		}
		switch order.Uint16(b[entry:]) {
		case tagOrientation:
			if o := int(order.Uint16(b[entry+8:])); o >= 1 && o <= 8 {
				c.orientation = o
			}
		case tagPlace:
			c.place = true
		}
	}
	return c
}
