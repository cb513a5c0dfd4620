package dev.leeway.eval;

import java.util.List;
import java.util.Optional;

/**
 * Where the items of a benchmark come from. None of them is part of Leeway.
 *
 * @param licence of the items
 * @param citation who made them
 * @param hub the data set on the Hugging Face hub, at the revision that numbers are comparable at; empty where it isn't there
 * @param files that are needed, as paths within a data folder ({@code ahb/questions.jsonl}) or within the data set of the hub
 * @param howToGet what to do where they are missing, as a sentence
 */
public record Source(String licence, String citation, Optional<Hub> hub, List<String> files, String howToGet) {

    /** Takes a copy. */
    public Source {
        files = List.copyOf(files);
    }

    /**
     * A data set of the hub at a pinned revision.
     *
     * @param repository {@code organisation/name}
     * @param revision a commit
     */
    public record Hub(String repository, String revision) {
    }
}
