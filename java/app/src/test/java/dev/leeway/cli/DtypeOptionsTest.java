package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.StoredType;
import dev.leeway.io.TensorFiles;
import dev.leeway.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DtypeOptionsTest {

    @TempDir
    private Path folder;

    private Object[] learned(String name, Object... more) throws IOException {
        var model = Files.exists(folder.resolve("model")) ? folder.resolve("model") : TinyModel.model(folder);
        var arguments = new ArrayList<Object>(List.of("sft", "--model_name_or_path", model, "--dataset_name",
            folder.resolve("rows.jsonl"), "--output_dir", folder.resolve(name), "--max_steps", 120));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private String third(String model, Object... more) {
        var arguments = new ArrayList<Object>(List.of("generate", "--model_name_or_path", folder.resolve(model),
            "--prompt", "number 3 is", "--max_new_tokens", 20, "--temperature", 0));
        arguments.addAll(List.of(more));
        return Cli.succeed(arguments.toArray()).out();
    }

    @Test
    void aModelTrainedInBfloat16KnowsItsRowsInEitherTypeAndIsSavedInFloat32() throws IOException {
        var run = Cli.succeed(learned("learned", "--bf16", "--learning_rate", "5e-3"));
        assertTrue(run.err().contains("  bf16 "), run.err());
        assertTrue(Cli.metrics(folder.resolve("learned")).getLast().requireDouble("loss") < 0.1);
        for (var dtype : new String[] {"float32", "bfloat16", "auto"}) {
            assertEquals(" followed by 4.\n", third("learned", "--dtype", dtype), dtype);
        }
        try (var files = TensorFiles.open(folder.resolve("learned"))) {
            assertEquals("F32", files.require("model.norm.weight").type().toString());
        }
    }

    @Test
    void anAdapterOnABaseInBfloat16LearnsAsOnOneInFloat32() throws IOException {
        Cli.succeed(learned("narrow", "--bf16", "--use_peft", "--learning_rate", "1e-2"));
        Cli.succeed(learned("wide", "--use_peft", "--learning_rate", "1e-2"));
        assertEquals(mean("wide"), mean("narrow"), 0.02 * mean("wide"));
        assertTrue(Cli.metrics(folder.resolve("narrow")).getLast().requireDouble("loss")
            < 0.9 * Cli.metrics(folder.resolve("narrow")).getFirst().requireDouble("loss"));
        try (var adapter = AdapterDirectory.open(folder.resolve("narrow"))) {
            assertTrue(adapter.pairs().values().stream().allMatch(pair -> pair.a().type() == StoredType.F32));
        }
        assertTrue(third("narrow", "--dtype", "bfloat16").endsWith("\n"));
    }

    private double mean(String run) throws IOException {
        return Cli.metrics(folder.resolve(run)).stream().mapToDouble(step -> step.requireDouble("loss")).average().orElseThrow();
    }

    @Test
    void autoIsWhatTheConfigurationSays() throws IOException {
        var options = new DtypeOptions();
        for (var key : new String[] {"dtype", "torch_dtype"}) {
            for (var said : new String[][] {{"bfloat16", "BF16"}, {"float32", "F32"}, {"float16", "F32"}}) {
                var model = TinyModel.model(Files.createDirectories(folder.resolve(key + said[0])));
                var config = JsonFile.read(model.resolve("config.json")).node();
                config.remove("torch_dtype");
                config.put(key, said[0]);
                Files.writeString(model.resolve("config.json"), config.toString());
                options.dtype = "auto";
                assertEquals(DType.valueOf(said[1]), options.of(ModelDirectory.open(model)), key + " " + said[0]);
                options.dtype = "float32";
                assertEquals(DType.F32, options.of(ModelDirectory.open(model)));
            }
        }
    }

    @Test
    void anotherTypeIsRefusedWithTheOnesThatAre() throws IOException {
        var refused = Cli.run("generate", "--model_name_or_path", TinyModel.model(folder), "--prompt", "a", "--dtype", "float16");
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("--dtype must be float32, bfloat16 or auto; got float16"), refused.err());
    }

    @Test
    void aProcessorWithoutTheInstructionsSaysSo() {
        assertEquals(Optional.empty(), DtypeOptions.noteOfProcessor(DType.BF16, "x86-64 AVX512-BF16, 2 threads"));
        assertEquals(Optional.empty(), DtypeOptions.noteOfProcessor(DType.F32, "x86-64 AVX2, 2 threads"));
        assertTrue(DtypeOptions.noteOfProcessor(DType.BF16, "x86-64 AVX-512, 2 threads").orElseThrow()
            .contains("saves memory but no time"));
    }
}
