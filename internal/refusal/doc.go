// Package refusal reads what servers say when they refuse a request: the error documents of
// registries, token servers and object stores, and the sentences in them that are known.
//
// [Read] has no opinion: it finds code, sentence and detail in whichever form they come.
// [Known] says what a sentence means where its sender or its maker's source does. A status
// alone means nothing here.
package refusal
