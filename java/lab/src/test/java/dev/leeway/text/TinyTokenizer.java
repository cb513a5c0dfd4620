package dev.leeway.text;

import dev.leeway.text.BpeVocabulary.Specials;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/** A small byte-level tokenizer, trained on the spot: the tests need no files from elsewhere. */
public final class TinyTokenizer {

    /** Begin and end of sequence: ids 0 and 1. */
    public static final Specials SPECIALS = new Specials("<s>", "</s>");

    private static final List<String> TEXT = Collections.nCopies(4,
            "Ana has a cat. The cat drinks milk. ¿Dónde vive Ana? Ana vive en Lima. Question: what is two plus two?\nAnswer: four.");

    private TinyTokenizer() {}

    /** Trains, writes to the folder, and loads from there. */
    public static Tokenizer in(Path folder) {
        new BpeTrainer(330, SPECIALS).train(TEXT).save(folder);
        return Tokenizer.load(folder);
    }
}
