package dev.leeway.judge;

/**
 * What a judge did.
 *
 * @param asked questions
 * @param fromCache those of them that a cache answered, or that were asked for another question that is the same
 * @param missing those that got no answer
 * @param calls requests that were sent, repeated ones included
 * @param retries requests that repeated one that had failed
 * @param promptTokens tokens read
 * @param completionTokens tokens written
 */
public record JudgeCounts(long asked, long fromCache, long missing, long calls, long retries, long promptTokens, long completionTokens) {

    /** Nothing yet. */
    public static final JudgeCounts NONE = new JudgeCounts(0, 0, 0, 0, 0, 0, 0);

    /** One more question, with what came of it. */
    public JudgeCounts answered(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Given given -> new JudgeCounts(asked + 1, fromCache, missing, calls, retries,
                promptTokens + given.usage().promptTokens(), completionTokens + given.usage().completionTokens());
            case Verdict.Missing _ -> new JudgeCounts(asked + 1, fromCache, missing + 1, calls, retries, promptTokens, completionTokens);
        };
    }

    /** One more request. */
    public JudgeCounts called(boolean again) {
        return new JudgeCounts(asked, fromCache, missing, calls + 1, retries + (again ? 1 : 0), promptTokens, completionTokens);
    }

    /** One more question that was not asked for itself, with what came of it. */
    public JudgeCounts shared(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Given _ -> new JudgeCounts(asked + 1, fromCache + 1, missing, calls, retries, promptTokens, completionTokens);
            case Verdict.Missing _ -> new JudgeCounts(asked + 1, fromCache, missing + 1, calls, retries, promptTokens, completionTokens);
        };
    }

    /** Both together. */
    public JudgeCounts plus(JudgeCounts more) {
        return new JudgeCounts(asked + more.asked, fromCache + more.fromCache, missing + more.missing, calls + more.calls,
            retries + more.retries, promptTokens + more.promptTokens, completionTokens + more.completionTokens);
    }
}
