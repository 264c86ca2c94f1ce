package diagnosis

// ValueWords are the words for values, for the test that holds them against the catalogue.
var ValueWords = valueWords
