package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An A/A study: six arms of models that were really trained, alike but for luck, with 20 seeds at smoke scale. */
final class IdenticalArmsTest {

    private static final double ALPHA = 0.05;
    /** No two of them share an arm, so that they depend on each other through the exam alone. */
    private static final List<String> DISJOINT = List.of("AHB: sft-code − sft-help", "AHB: grpo-code − grpo-help",
        "AHB kept: grpo-polite − mid-trained");

    @TempDir
    private Path folder;

    /** Of so many tests at alpha, the least number that more than 97.5 % of all draws don't exceed. */
    private static int mostExpected(int tests) {
        double density = Math.pow(1 - ALPHA, tests);
        double sum = density;
        int most = 0;
        while (sum < 0.975) {
            most++;
            density *= (tests - most + 1) * ALPHA / most / (1 - ALPHA);
            sum += density;
        }
        return most;
    }

    @Test
    void noMoreContrastsAreSignificantThanAlphaAllows() {
        assertEquals(List.of(1, 2, 3), List.of(mostExpected(3), mostExpected(11), mostExpected(20)), "of binomial tables");
        var seeds = IntStream.range(0, 20).mapToObj(String::valueOf).collect(Collectors.joining(","));
        Cli.succeed("study", "run", "helpfulness-hurts", "--scale", "smoke", "--all_as", "sft-help", "--seeds", seeds, "--output_dir",
            folder.resolve("alike"));
        var results = JsonFile.read(folder.resolve("alike/results.json"));
        assertEquals("helpfulness-hurts, all as sft-help", results.requireString("study"));
        var tested = results.requireObjects("contrasts").stream().filter(contrast -> contrast.has("p")).toList();
        long significant = tested.stream().filter(IdenticalArmsTest::isSignificant).count();
        System.out.printf(Locale.ROOT, "%d of %d sealed contrasts have p < %.2f, at most %d expected%n", significant, tested.size(), ALPHA,
            mostExpected(tested.size()));
        assertTrue(significant <= mostExpected(tested.size()), tested::toString);
        var disjoint = tested.stream().filter(contrast -> DISJOINT.contains(contrast.requireString("name"))).toList();
        assertEquals(3, disjoint.size());
        assertTrue(disjoint.stream().filter(IdenticalArmsTest::isSignificant).count() <= mostExpected(3), disjoint::toString);
        assertFalse(tested.stream().anyMatch(contrast -> contrast.requireBoolean("significant")), "corrected: " + tested);
        assertTrue(disjoint.stream().allMatch(contrast -> contrast.requireDouble("p") < 1), "arms do differ by luck: " + disjoint);
        assertTrue(tested.stream().allMatch(contrast -> contrast.requireBoolean("sealed")));
    }

    private static boolean isSignificant(JsonObject contrast) {
        return contrast.requireDouble("p") < ALPHA;
    }

    @Test
    void anArmThatThereIsNotIsRefused() {
        var result = Cli.run("study", "run", "helpfulness-hurts", "--all_as", "sft", "--output_dir", folder.resolve("none"));
        assertEquals(2, result.code());
        assertTrue(result.err().contains("has no arm sft; it has mid-trained, sft-help,"), result.err());
    }
}
