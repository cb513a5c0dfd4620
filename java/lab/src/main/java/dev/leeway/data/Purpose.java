package dev.leeway.data;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What rows are read for, which decides the columns that they must have and what becomes of them.
 *
 * @param <U> what a row becomes
 */
public final class Purpose<U extends Unit> {

    /** Supervised training: one sequence a row. */
    public static final Purpose<Example> SUPERVISED = new Purpose<>(Example.class,
            List.of(RowFormat.MESSAGES, RowFormat.PROMPT_COMPLETION, RowFormat.TEXT), (_, sequences) -> sequences.getFirst(),
            Function.identity());

    /** A better and a worse answer. */
    public static final Purpose<PreferenceExample> PREFERENCE = new Purpose<>(PreferenceExample.class, List.of(RowFormat.PREFERENCE),
            Purpose::pair, sequence -> new PreferenceExample(sequence, sequence));

    /** A better and a worse text, as a whole. */
    public static final Purpose<PreferenceExample> RANKED = new Purpose<>(PreferenceExample.class, List.of(RowFormat.RANKED),
            Purpose::pair, sequence -> new PreferenceExample(sequence, sequence));

    /** An answer and whether it is good. */
    public static final Purpose<LabelledExample> LABELLED = new Purpose<>(LabelledExample.class, List.of(RowFormat.LABELLED),
            (row, sequences) -> new LabelledExample(sequences.getFirst(), ((Labelled) row).label()),
            sequence -> new LabelledExample(sequence, true));

    private final Class<U> kind;
    private final List<RowFormat> formats;
    private final BiFunction<Row, List<Example>, U> assemble;
    private final Function<Example, U> alike;

    private Purpose(Class<U> kind, List<RowFormat> formats, BiFunction<Row, List<Example>, U> assemble, Function<Example, U> alike) {
        this.kind = kind;
        this.formats = formats;
        this.assemble = assemble;
        this.alike = alike;
    }

    /** What a row becomes. */
    Class<U> kind() {
        return kind;
    }

    /** The formats that serve; the first one that a row has the columns of counts. */
    List<RowFormat> formats() {
        return formats;
    }

    /** The unit of a row and its encoded sequences. */
    U assemble(Row row, List<Example> sequences) {
        return assemble.apply(row, sequences);
    }

    /** A unit that nobody read: all of its sequences are this one. */
    public U alike(Example sequence) {
        return alike.apply(sequence);
    }

    private static PreferenceExample pair(Row row, List<Example> sequences) {
        return new PreferenceExample(sequences.getFirst(), sequences.getLast(), ((Preference) row).margin());
    }

    /** The formats' columns, for messages: {@code messages; prompt + completion; text}. */
    String columns() {
        return formats.stream().map(RowFormat::columns).collect(Collectors.joining("; "));
    }
}
