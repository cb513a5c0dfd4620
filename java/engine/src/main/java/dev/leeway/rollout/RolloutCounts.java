package dev.leeway.rollout;

/**
 * What a call of {@link Generator#generate} did to the key/value cache, from its start to the present.
 *
 * @param pages that the cache has: {@link dev.leeway.model.KeyValueCache#PAGE_SIZE} tokens each
 * @param pagesInUse that hold something at the moment; when the call is over, those that a completion did not give back: 0
 * @param mostPages that were in use at the same time
 * @param preemptions completions that gave up their pages to older ones, and were read again later
 * @param prefillTokens tokens that were read: of prompts, and of preempted completions
 * @param decodeTokens tokens that were drawn
 */
public record RolloutCounts(int pages, int pagesInUse, int mostPages, long preemptions, long prefillTokens, long decodeTokens) {
}
