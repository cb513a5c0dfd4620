package dev.leeway.model;

/**
 * What messages call a sequence, from its unit id. A caller who knows where rows come from names them so ({@code train.jsonl:118}), with
 * {@link Llama#nameRows}.
 */
@FunctionalInterface
public interface RowNames {

    /** Counts from 1, where unit ids count from 0: {@code row 118} is unit 117. */
    RowNames COUNTED = unitId -> "row " + (unitId + 1);

    /** The name of the sequences with this unit id, for the middle of a sentence. */
    String of(long unitId);
}
