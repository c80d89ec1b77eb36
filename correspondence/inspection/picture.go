package inspection

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"chancery/correspondence"
)

// The quality of what is kept of a photograph, and of its small copies.
const (
	keptQuality  = 92
	smallQuality = 80
)

// redraw decodes a picture and writes it anew, upright, with nothing beside it, and its two small copies.
func redraw(input io.Reader, kept, large, small io.Writer) (report, error) {
	file, err := io.ReadAll(input)
	if err != nil {
		return report{}, err
	}
	format, fine := fits(file)
	if !fine {
		return report{}.refuse("picture-too-large", ""), nil
	}
	var c camera
	var tells bool
	switch format {
	case "jpeg":
		c, tells = readJPEG(file)
	case "png":
		c, tells = readPNG(file)
	case "gif":
		return redrawGIF(file, kept, large, small)
	default:
		return report{}.refuse("not-a-picture", ""), nil
	}
	decoded, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return report{}.refuse("not-a-picture", ""), nil
	}
	drawn := upright(decoded, c.orientation)
	if format == "jpeg" {
		err = jpeg.Encode(kept, drawn, &jpeg.Options{Quality: keptQuality})
	} else {
		err = png.Encode(kept, drawn)
	}
	if err != nil {
		return report{}, err
	}
	return stripped(tells, c), looks(drawn, large, small)
}

func stripped(tells bool, c camera) (r report) {
	if tells {
		r.Warnings = append(r.Warnings, correspondence.WarnStripped)
	}
	if c.place {
		r.Warnings = append(r.Warnings, correspondence.WarnPlace)
	}
	return r
}

// fits reads what a picture announces before anything is decoded, and reports whether it is one of a bearable size.
func fits(file []byte) (format string, fine bool) {
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return "", true
	}
	return format, config.Width > 0 && config.Height > 0 && int64(config.Width)*int64(config.Height) <= maxPixels
}

// redrawGIF keeps every frame of a moving picture, and nothing else.
func redrawGIF(file []byte, kept, large, small io.Writer) (report, error) {
	if frames := bytes.Count(file, []byte{0x21, 0xF9, 0x04}) + 1; frames > maxFrames {
		return report{}.refuse("picture-too-large", ""), nil
	}
	moving, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		return report{}.refuse("not-a-picture", ""), nil
	}
	if err := gif.EncodeAll(kept, moving); err != nil {
		return report{}, err
	}
	return report{}, looks(moving.Image[0], large, small)
}

// maxFrames is how many pictures a moving one may have.
const maxFrames = 500

// drawLooks writes the two small copies of a picture that another program drew.
func drawLooks(input io.Reader, large, small io.Writer) error {
	file, err := io.ReadAll(input)
	if err != nil {
		return err
	}
	if _, fine := fits(file); !fine {
		return fmt.Errorf("a picture of more than %d pixels", maxPixels)
	}
	drawn, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return err
	}
	return looks(drawn, large, small)
}

// looks writes the two small copies.
func looks(drawn image.Image, large, small io.Writer) error {
	picture := shrink(drawn, pictureSide)
	if err := jpeg.Encode(large, picture, &jpeg.Options{Quality: smallQuality}); err != nil {
		return err
	}
	return jpeg.Encode(small, shrink(picture, thumbnailSide), &jpeg.Options{Quality: smallQuality})
}

// upright turns a picture as its camera was held (EXIF 2.32 §4.6.4, Orientation).
func upright(from image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return from
	}
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	source := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(source, source.Bounds(), from, b.Min, draw.Src)
	to := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			nx, ny := turned(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(nx, ny):][:4], source.Pix[source.PixOffset(x, y):][:4])
		}
	}
	return to
}

// turned is where a pixel comes to stand.
func turned(orientation, x, y, w, h int) (nx, ny int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}

// shrink draws a picture on white, each pixel the mean of those it stands for, no side longer than the bound.
func shrink(from image.Image, side int) *image.RGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	source := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(source, source.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(source, source.Bounds(), from, b.Min, draw.Over)
	longest := max(w, h)
	if longest <= side {
		return source
	}
	to := image.NewRGBA(image.Rect(0, 0, max(1, w*side/longest), max(1, h*side/longest)))
	tw, th := to.Bounds().Dx(), to.Bounds().Dy()
	for ty := range th {
		y0, y1 := ty*h/th, max((ty+1)*h/th, ty*h/th+1)
		for tx := range tw {
			x0, x1 := tx*w/tw, max((tx+1)*w/tw, tx*w/tw+1)
			mean(source, x0, y0, x1, y1, to.Pix[to.PixOffset(tx, ty):][:4])
		}
	}
	return to
}

// mean is the mean colour of a rectangle.
func mean(source *image.RGBA, x0, y0, x1, y1 int, to []byte) {
	var sum [4]int
	for y := y0; y < y1; y++ {
		row := source.Pix[source.PixOffset(x0, y) : source.PixOffset(x1-1, y)+4]
		for i, v := range row {
			sum[i&3] += int(v)
		}
	}
	count := (x1 - x0) * (y1 - y0)
	for i := range to {
		to[i] = byte(sum[i] / count)
	}
}
