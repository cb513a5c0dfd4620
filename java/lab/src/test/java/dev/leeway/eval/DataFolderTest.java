package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataFolderTest {

    private static final Source.Hub SET = new Source.Hub("birds/names", "0f1e");

    @TempDir
    private Path folder;

    private static Source source(Optional<Source.Hub> set) {
        return new Source("MIT", "nobody", set, List.of("birds.csv"), "copy it");
    }

    private static String refusal(DataFolder data, Optional<Source.Hub> set) {
        return assertThrows(LeewayException.class, () -> data.file(source(set), "birds.csv")).getMessage();
    }

    @Test
    void onlyASourceThatIsOnTheHubIsLookedForThere() {
        var hub = folder.resolve("hub");
        var nothing = new DataFolder(List.of(), hub);
        assertEquals("there is no birds.csv; copy it, and name its folder with --data", refusal(nothing, Optional.empty()));
        assertEquals("there is no birds.csv in the hub's cache " + hub + " (birds/names at 0f1e); copy it, and name its folder with --data",
            refusal(nothing, Optional.of(SET)));
        var given = new DataFolder(List.of(folder), hub);
        assertEquals("there is no birds.csv in [" + folder + "]; copy it, and name its folder with --data",
            refusal(given, Optional.empty()));
        assertEquals("there is no birds.csv in [" + folder + "] or the hub's cache " + hub
            + " (birds/names at 0f1e); copy it, and name its folder with --data", refusal(given, Optional.of(SET)));
    }

    @Test
    void whatIsGivenComesBeforeTheHub() throws IOException {
        var cached = Files.createDirectories(folder.resolve("hub/datasets--birds--names/snapshots/0f1e")).resolve("birds.csv");
        Files.writeString(cached, "gannet");
        assertEquals(cached, new DataFolder(List.of(folder.resolve("mine")), folder.resolve("hub")).file(source(Optional.of(SET)),
            "birds.csv"));
        var own = Files.writeString(Files.createDirectories(folder.resolve("mine")).resolve("birds.csv"), "owl");
        assertEquals(own, new DataFolder(List.of(folder.resolve("mine")), folder.resolve("hub")).file(source(Optional.of(SET)),
            "birds.csv"));
    }
}
