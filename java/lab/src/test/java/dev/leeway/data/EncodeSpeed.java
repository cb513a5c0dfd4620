package dev.leeway.data;

import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How fast a JSONL file is encoded and packed, and how much heap that takes. A program, not a test:
 * {@code EncodeSpeed FILE MODEL_FOLDER [TEMPLATE_FILE]}.
 */
final class EncodeSpeed {

    private static final int MAX_LENGTH = 2048;

    private EncodeSpeed() {}

    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        Path model = Path.of(arguments[1]);
        Optional<ChatFormat> chat = arguments.length > 2
                ? Optional.of(ChatFormat.of(Files.readString(Path.of(arguments[2])), Map.of())) : ChatFormat.ofModel(model);
        try (Tokenizer tokenizer = Tokenizer.load(model)) {
            Options options = new Options(Columns.AS_NAMED, MAX_LENGTH, true, chat);
            double megabytes = Files.size(file) / 1e6;
            long start = System.nanoTime();
            long processor = processorTime();
            Dataset dataset = DatasetReader.read(List.of(file), tokenizer, options);
            double encoded = seconds(start);
            double busy = (processorTime() - processor) / 1e9;
            start = System.nanoTime();
            Packing<Example> packing = Packer.pack(dataset.examples(), MAX_LENGTH);
            double packed = seconds(start);
            say("%.1f MB: encoded in %.1f s (%.2f MB/s), packed in %.2f s, together %.2f MB/s", megabytes, encoded, megabytes / encoded,
                    packed, megabytes / (encoded + packed));
            say("%.1f s of processor time: %.2f MB/s on two cores that do nothing else", busy, 2 * megabytes / busy);
            say("%s; %s", dataset.report().summary(), packing.summary());
            say("peak heap %.0f MB of at most %.0f MB", peakHeap() / 1e6, Runtime.getRuntime().maxMemory() / 1e6);
        }
    }

    /** Of all threads, in nanoseconds: what a busy machine leaves comparable. */
    private static long processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** The pools' peaks need not fall together, so this is an upper bound. */
    private static long peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage).mapToLong(usage -> usage.getUsed()).sum();
    }

    private static void say(String format, Object... arguments) {
        System.out.println(String.format(Locale.ROOT, format, arguments));
    }
}
