package dev.leeway.cli;

import dev.leeway.model.Batch;
import dev.leeway.text.Tokenizer;
import java.util.List;
import java.util.stream.IntStream;

/** The sequences of a batch as text in which the trained tokens stand out. Special tokens are shown, control characters are not sent on. */
final class BatchText {

    /** What stands before and behind trained text. */
    record Marks(String before, String behind) {

        /** Bold green, for terminals. */
        static final Marks COLOUR = new Marks("\u001b[1;32m", "\u001b[0m");
        /** Brackets, for files and pipes. */
        static final Marks BRACKETS = new Marks("[", "]");
    }

    private final Tokenizer tokenizer;
    private final Marks marks;

    BatchText(Tokenizer tokenizer, Marks marks) {
        this.tokenizer = tokenizer;
        this.marks = marks;
    }

    List<String> of(Batch batch) {
        var starts = batch.sequenceStarts();
        return IntStream.range(0, batch.sequences()).mapToObj(s -> sequence(batch, starts[s], starts[s + 1])).toList();
    }

    /** Text that becomes certain only with a later token goes with that token. */
    private String sequence(Batch batch, int start, int end) {
        var decoder = tokenizer.streamDecoder(false);
        var text = new StringBuilder();
        boolean inside = false;
        for (int n = start; n < end; n++) {
            boolean trained = n > start && batch.mask()[n - 1];
            if (trained != inside) {
                text.append(trained ? marks.before() : marks.behind());
                inside = trained;
            }
            text.append(printable(decoder.next(batch.tokens()[n])));
        }
        return text.append(printable(decoder.finish())).append(inside ? marks.behind() : "").toString();
    }

    private static String printable(String piece) {
        return piece.codePoints().map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? 0xFFFD : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
