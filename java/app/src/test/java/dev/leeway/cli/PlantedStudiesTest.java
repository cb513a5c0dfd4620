package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.study.Declaration;
import dev.leeway.study.Studies;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every study finds an effect that must be there, and none where there can't be one, by its sealed contrasts with three seeds. */
final class PlantedStudiesTest {

    @TempDir
    private static Path folder;

    static Stream<String> studies() {
        return Studies.all().stream().map(Declaration::name);
    }

    @ParameterizedTest
    @MethodSource("studies")
    void aPlantedEffectIsFound(String study) {
        var contrasts = primary(study, "effect");
        assertTrue(contrasts.stream().allMatch(found -> found.requireBoolean("significant") && found.requireDouble("estimate") > 0),
            contrasts::toString);
    }

    @ParameterizedTest
    @MethodSource("studies")
    void whereNothingIsPlantedNothingIsFound(String study) {
        var contrasts = primary(study, "nothing");
        assertTrue(contrasts.stream().allMatch(found -> found.has("p")), () -> "what has no test can't be found: " + contrasts);
        assertFalse(contrasts.stream().anyMatch(found -> found.requireBoolean("significant")), contrasts::toString);
    }

    /** A study in which nobody errs could find nothing, whatever its contrasts are. */
    @Test
    void whereWarmthChangesNothingAllArmsMakeErrors() {
        primary("warmth", "nothing");
        var errors = JsonFile.read(output("warmth", "nothing").resolve("results.json")).requireObject("analyses")
            .requireObject("Errors by task and context");
        for (var arm : List.of("original", "warm", "length-matched")) {
            var places = errors.requireObjects(arm);
            assertEquals(2 * 3, places.size(), "exams and contexts");
            var settings = places.stream().collect(Collectors.groupingBy(place -> place.requireString("template")
                + place.requireString("context"), Collectors.summingDouble(place -> place.requireDouble("errors") / 2)));
            assertTrue(settings.values().stream().allMatch(mean -> mean > 0.05 && mean < 0.95), () -> arm + " " + settings);
        }
    }

    private static List<JsonObject> primary(String study, String plant) {
        Stream.of("effect", "nothing").forEach(one -> seal(study, one));
        study("run", study, plant);
        var contrasts = JsonFile.read(output(study, plant).resolve("results.json")).requireObjects("contrasts").stream()
            .filter(contrast -> contrast.requireString("role").equals("primary")).toList();
        assertFalse(contrasts.isEmpty());
        assertTrue(contrasts.stream().allMatch(contrast -> contrast.requireBoolean("sealed")));
        return contrasts;
    }

    /** Both before either is carried out, for they share a store: what is sealed once some of it is there is exploratory. */
    private static void seal(String study, String plant) {
        if (!Files.exists(output(study, plant).resolve("seal.json"))) {
            study("plan", study, plant);
        }
    }

    private static void study(String command, String study, String plant) {
        Cli.succeed("study", command, study, "--planted", plant, "--output_dir", output(study, plant), "--store", folder.resolve("store"));
    }

    private static Path output(String study, String plant) {
        return folder.resolve(study + "-" + plant);
    }
}
