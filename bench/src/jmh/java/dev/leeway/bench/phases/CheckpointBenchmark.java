package dev.leeway.bench.phases;

import dev.leeway.bench.Shape;
import dev.leeway.bench.ops.OpBenchmark;
import dev.leeway.bench.ops.Work;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.model.Initializer;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import dev.leeway.train.AdamW;
import dev.leeway.train.CheckpointEvent;
import dev.leeway.train.Checkpointer;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.SavingSettings;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A checkpoint of weights and moments, forced to disk, with the time that training stands still for it; the way back; and as many bytes
 * written plainly and forced.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CheckpointBenchmark {

    /** Name of a {@link Shape}. */
    @Param({"toy", "135M"})
    public String shape;

    private Path folder;
    private FolderLock lock;
    private Device device;
    private TrainingSession session;
    private TrainingState state;
    private Checkpointer checkpointer;
    private Optional<Path> latest = Optional.empty();
    private Arena arena;
    private MemorySegment bytes;
    private int step;

    /** A session at random weights; what is loaded must be what was saved. */
    @Setup
    public void open(Work work) throws IOException {
        var size = Shape.named(shape);
        folder = Files.createTempDirectory(Path.of("").toAbsolutePath(), ".leeway-bench-checkpoint");
        lock = FolderLock.acquire(folder);
        device = Device.open("cpu", Integer.getInteger(OpBenchmark.THREADS, 0));
        session = TrainingSession.open(size.config(16), new TrainingSession.Settings(Optional.empty(), 16, 16, 1,
            AdamW.Settings.standard(), 0), device);
        new Initializer(0, 0.02).fillBase(session.model());
        state = TrainingState.ofModel(session, JsonFile.parse("config.json", size.json(16)), folder);
        var about = new Checkpointer.Run(Map.of("seed", 0L), RunConfiguration.of(JsonFile.newObject().put("seed", 0)), Optional.empty());
        checkpointer = new Checkpointer(state, new CheckpointStore(lock, 2, Disk.local()), about,
            new SavingSettings(1, Duration.ZERO, SavingSettings.OnFailure.STOP), this::saved);
        arena = Arena.ofShared();
        bytes = arena.allocate(state.bytes(), 64).fill((byte) 0x5a);
        work.set(0, state.bytes());
        requireTheWayBack();
    }

    private void requireTheWayBack() {
        save();
        var parameter = session.model().parameters().getFirst();
        var before = device.floats(parameter.value());
        device.zero(parameter.value());
        load();
        if (!Arrays.equals(before, device.floats(parameter.value()))) {
            throw new IllegalStateException(parameter.name() + " did not come back as it was saved");
        }
    }

    private void saved(CheckpointEvent event) {
        if (event instanceof CheckpointEvent.Saved written) {
            latest = Optional.of(written.folder());
        }
    }

    @TearDown
    public void close() throws IOException {
        checkpointer.close();
        state.close();
        session.close();
        device.close();
        arena.close();
        lock.close();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Until it is on disk. */
    @Benchmark
    public void save() {
        checkpointer.finish(++step);
    }

    /** What training waits for: the copy on the host. Nothing is written here, or the next one would wait for the disk. */
    @Benchmark
    public void stall() {
        session.model().parameters().forEach(parameter -> device.download(parameter.stored(), room(parameter.stored())));
        session.optimizer().states().forEach(moments -> {
            device.download(moments.m(), room(moments.m()));
            device.download(moments.v(), room(moments.v()));
        });
    }

    private MemorySegment room(Tensor tensor) {
        return bytes.asSlice(0, tensor.bytes());
    }

    /** Back from disk, checksums compared. */
    @Benchmark
    public void load() {
        state.restore(StoredCheckpoint.open(latest.orElseThrow()));
    }

    /** The yardstick: one write of as many bytes, forced. */
    @Benchmark
    public void plainWrite() throws IOException {
        try (var file = FileChannel.open(folder.resolve("plain"), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            long done = 0;
            while (done < bytes.byteSize()) {
                done += file.write(bytes.asSlice(done, Math.min(1 << 30, bytes.byteSize() - done)).asByteBuffer());
            }
            file.force(true);
        }
    }
}
