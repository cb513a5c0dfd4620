package dev.leeway.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The fuzzer's targets on their seeds, which hold what it once found, and on those with some bytes changed. */
final class FuzzSeedsTest {

    private static final Path SEEDS = Path.of("src/test/fuzz");
    private static final int MUTANTS = 200;
    private static final Map<String, Consumer<byte[]>> TARGETS = Map.of("SafetensorsFuzz", SafetensorsFuzz::fuzzerTestOneInput,
            "TokenizerFuzz", TokenizerFuzz::fuzzerTestOneInput, "TemplateFuzz", TemplateFuzz::fuzzerTestOneInput,
            "RowsFuzz", RowsFuzz::fuzzerTestOneInput);

    @TestFactory
    Stream<DynamicTest> everySeedIsReadOrRefusedWithASentence() {
        return TARGETS.keySet().stream().sorted().map(name -> DynamicTest.dynamicTest(name, () -> {
            List<byte[]> seeds = seeds(name);
            assertFalse(seeds.isEmpty(), "no seeds");
            seeds.forEach(TARGETS.get(name));
            var random = new Random(7);
            for (int i = 0; i < MUTANTS; i++) {
                TARGETS.get(name).accept(mutant(seeds.get(i % seeds.size()), random));
            }
        }));
    }

    private static List<byte[]> seeds(String target) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(SEEDS.resolve(target))) {
            for (Path file : files.sorted().toList()) {
                seeds.add(Files.readAllBytes(file));
            }
        }
        return seeds;
    }

    private static byte[] mutant(byte[] seed, Random random) {
        byte[] mutant = seed.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
        }
        return mutant;
    }
}
