package dev.leeway.eval;

import java.util.List;

/**
 * Items, what is asked of a model, and what its answers are worth. Everything here is a pure function of its arguments and of the files and
 * options that the benchmark was loaded with, so an answer's score depends on no other answer.
 *
 * @param <I> its items
 */
public interface Benchmark<I extends Item> {

    /** What it is. */
    Card card();

    /** Its items, in the order of the data. */
    List<I> items();

    /**
     * What a run's limit leaves of them: the first so many.
     *
     * @throws dev.leeway.LeewayException if results of a part would be something else under the same name
     */
    default List<I> first(int limit) {
        return items().stream().limit(limit).toList();
    }

    /**
     * As many, drawn by a seed and their ids, in the order of the data: files are sorted by what their rows are about, and their first rows
     * stand for no others.
     *
     * @throws dev.leeway.LeewayException as {@link #first} does
     */
    default List<I> drawn(int limit, long seed) {
        return TextHash.drawn(items(), first(limit).size(), seed);
    }

    /** The contexts that each item is asked in, such as {@code incorrect/sad}; the first is what the item itself says. */
    default List<String> contexts() {
        return List.of(Setting.PLAIN);
    }

    /** What a model is asked. */
    Request request(I item, Setting setting);

    /** What else scoring needs. Asked for before anything runs, so that what lacks is said then. */
    default Needs needs() {
        return Needs.NOTHING;
    }

    /**
     * One score an answer, in their order. An {@link Response.Unable} becomes missing values with its reason in every measure.
     *
     * @param instruments what {@link #needs()} asked for
     */
    List<Score> score(List<Answer<I>> answers, Instruments instruments);

    /**
     * The rows of one model under one setting with what an item has only among all of them, such as a rank; in their order. Before they are
     * summarised.
     */
    default List<Row<I>> amongAll(List<Row<I>> rows) {
        return rows;
    }

    /** What all scores of one model under one setting say together. */
    default List<Statistic> summarise(List<Row<I>> rows) {
        return Means.of(rows);
    }

    /**
     * What scoring needs beside the answers.
     *
     * @param judge whether a judge is asked
     * @param reference whether answers of a second model are compared with
     * @param sandbox whether what a model wrote is run
     */
    record Needs(boolean judge, boolean reference, boolean sandbox) {

        /** A rule is enough. */
        public static final Needs NOTHING = new Needs(false, false, false);
        /** At least one judge. */
        public static final Needs JUDGE = new Needs(true, false, false);
        /** A second model. */
        public static final Needs REFERENCE = new Needs(false, true, false);
        /** A place to run programs. */
        public static final Needs SANDBOX = new Needs(false, false, true);
    }
}
