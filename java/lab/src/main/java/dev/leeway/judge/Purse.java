package dev.leeway.judge;

import dev.leeway.LeewayException;

/** What is left of a budget. */
final class Purse {

    private final EndpointSettings.Budget budget;
    private long calls;
    private long tokens;

    Purse(EndpointSettings.Budget budget) {
        this.budget = budget;
    }

    /** Pays for a call. */
    synchronized void payCall() {
        if (calls >= budget.calls() || tokens >= budget.tokens()) {
            throw LeewayException.resources("the judge's budget of %d calls and %d tokens is spent, with %d calls and %d tokens; answers "
                + "so far are kept where the judge has a cache: raise the budget and run again", budget.calls(), budget.tokens(), calls,
                tokens);
        }
        calls++;
    }

    synchronized void payTokens(long more) {
        tokens += more;
    }
}
