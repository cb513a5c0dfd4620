package dev.leeway.data;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * What rows are read for.
 *
 * @param formats  the formats that serve; the first one that a row has the columns of counts
 * @param assemble the unit of a row and its encoded sequences
 */
record Purpose<U extends Unit>(List<RowFormat> formats, BiFunction<Row, List<Example>, U> assemble) {

    /** Supervised training: one sequence a row. */
    static final Purpose<Example> SUPERVISED = new Purpose<>(List.of(RowFormat.MESSAGES, RowFormat.PROMPT_COMPLETION, RowFormat.TEXT),
            (_, sequences) -> sequences.getFirst());

    /** A better and a worse answer. */
    static final Purpose<PreferenceExample> PREFERENCE = new Purpose<>(List.of(RowFormat.PREFERENCE),
            Purpose::pair);

    /** A better and a worse text, as a whole. */
    static final Purpose<PreferenceExample> RANKED = new Purpose<>(List.of(RowFormat.RANKED),
            Purpose::pair);

    /** An answer and whether it is good. */
    static final Purpose<LabelledExample> LABELLED = new Purpose<>(List.of(RowFormat.LABELLED),
            (row, sequences) -> new LabelledExample(sequences.getFirst(), ((Labelled) row).label()));

    private static PreferenceExample pair(Row row, List<Example> sequences) {
        return new PreferenceExample(sequences.getFirst(), sequences.getLast(), ((Preference) row).margin());
    }

    /** The formats' columns, for messages: {@code messages; prompt + completion; text}. */
    String columns() {
        return formats.stream().map(RowFormat::columns).collect(Collectors.joining("; "));
    }
}
