package seal

// PlainKeys returns the memory of every plain key that a vault holds.
func PlainKeys(v *Vault) [][]byte {
	v.keys.mu.Lock()
	defer v.keys.mu.Unlock()
	var keys [][]byte
	for _, e := range v.keys.order {
		keys = append(keys, e.plain[:])
	}
	return keys
}

// Reformat parses a blob and puts it together again.
func Reformat(raw []byte) ([]byte, error) {
	b, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return b.format(), nil
}
