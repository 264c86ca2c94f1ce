package catalogue

// fileLints are about the files that clients take their settings from.
func fileLints() []lint { return nil }
