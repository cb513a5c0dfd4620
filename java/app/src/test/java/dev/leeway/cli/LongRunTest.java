package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of two thousand steps as a user starts it: log, TensorBoard and checkpoints on the way keep nothing on the heap. */
final class LongRunTest {

    /** 36 bytes for each of 1800 steps, less than a log line takes. */
    private static final long MOST_GROWTH = 64 << 10;

    @TempDir
    private Path folder;

    /** Reads how much heap is in use whenever a progress line of step 200, 1000 or 2000 passes, in the thread that trains. */
    private static final class Marks extends Writer {

        private final List<Long> live = new ArrayList<>();

        @Override
        public void write(char[] text, int offset, int length) {
            if (new String(text, offset, length).matches("step (200|1000|2000)/2000 .*")) {
                System.gc();
                System.gc();
                live.add(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
        }

        @Override
        public void flush() {
            // nothing is held
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    @Test
    void twoThousandStepsKeepNothingOnTheHeap() throws IOException {
        TinyModel.model(folder);
        var marks = new Marks();
        train("before", 1000, Writer.nullWriter()); // the virtual machine loads and compiles what it needs
        train("measured", 2000, marks);
        assertEquals(3, marks.live.size(), "progress lines that were seen");
        assertTrue(marks.live.getLast() - marks.live.getFirst() < MOST_GROWTH,
            () -> "live bytes behind 200, 1000, 2000 steps: " + marks.live);
    }

    private void train(String output, int steps, Writer out) {
        var arguments = Stream.of("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve(output), "--per_device_train_batch_size", 1, "--gradient_accumulation_steps", 2, "--max_steps",
            steps, "--logging_steps", 200, "--save_steps", 250, "--report_to", "tensorboard").map(Object::toString).toArray(String[]::new);
        assertEquals(0, Main.run(arguments, new PrintWriter(out), new PrintWriter(Writer.nullWriter())));
    }
}
