package dev.leeway.reward;

import dev.leeway.sandbox.Limits;
import dev.leeway.sandbox.Sandbox;
import dev.leeway.sandbox.UnitTests;
import dev.leeway.text.CodeBlock;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * {@code tests}: the share of the row's {@code tests}, one statement a line such as {@code assert f(1) == 2}, that hold about the Python
 * of a
 * completion: of its last block between three backquotes, or else of all of it. It runs in a {@link Sandbox}. A row without tests has no
 * reward, nor has code that could not be confined.
 */
public final class TestsReward implements AnswerReward {

    private final UnitTests tests;

    private TestsReward(UnitTests tests) {
        this.tests = tests;
    }

    /**
     * Opens the sandbox.
     *
     * @throws dev.leeway.LeewayException if this machine can't confine a program
     */
    public static TestsReward open() {
        return new TestsReward(new UnitTests(Sandbox.open(), Limits.DEFAULT));
    }

    @Override
    public String name() {
        return "tests";
    }

    @Override
    public Set<String> reads() {
        return Set.of(Answer.TESTS);
    }

    @Override
    public OptionalDouble of(Answer answer) {
        var wanted = answer.column(Answer.TESTS).stream().flatMap(String::lines).filter(line -> !line.isBlank()).toList();
        if (wanted.isEmpty()) {
            return OptionalDouble.empty();
        }
        var code = CodeBlock.last(answer.completion()).orElse(answer.completion());
        var results = tests.run(code, wanted).stream().map(UnitTests.Tested::result).toList();
        return results.contains(UnitTests.Result.REFUSED) ? OptionalDouble.empty() : OptionalDouble.of(share(results));
    }

    private static double share(List<UnitTests.Result> results) {
        return (double) results.stream().filter(UnitTests.Result.PASSED::equals).count() / results.size();
    }
}
