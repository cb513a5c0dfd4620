package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.study.Scale;
import dev.leeway.study.Seal;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a study seals of files that options of its stages name. */
final class DataPathsTest {

    @TempDir
    private Path folder;

    private static Study full(Path data) {
        return new DataPaths(data).named(Studies.named("helpfulness-hurts").at(Scale.FULL, data));
    }

    private static String reward(Study study) {
        return study.arm("grpo-help").stages().stream().filter(stage -> stage.name().equals("grpo")).findFirst().orElseThrow().options()
            .get("reward_funcs");
    }

    private Path data(String name, String weights) throws IOException {
        var model = Files.createDirectories(folder.resolve(name).resolve("reward-model"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("model.safetensors"), weights);
        return folder.resolve(name);
    }

    @Test
    void theSameContentElsewhereIsSealedAsTheSame() throws IOException {
        var here = full(data("here", "weights"));
        var there = full(data("there", "weights"));
        assertEquals(Seal.of(here), Seal.of(there));
        assertFalse(Seal.of(here).toString().contains(folder.toString()), "no path of this machine");
        assertNotEquals(reward(here), reward(full(data("other", "heights"))));
    }

    @Test
    void aNameBecomesItsPathAgain() throws IOException {
        var data = data("here", "weights");
        var named = reward(full(data));
        assertTrue(named.matches("model:data:reward-model#[0-9a-f]{16}"), named);
        assertEquals("model:" + data.resolve("reward-model"), new DataPaths(data).path(named));
        assertEquals("length:4,model:" + data.resolve("reward-model"), new DataPaths(data).path("length:4," + named));
        assertEquals("model:data:missing#absent", reward(full(folder.resolve("nothing"))).replace("reward-model", "missing"));
        assertEquals("model:arm:judge", new DataPaths(data).path("model:arm:judge"));
    }
}
