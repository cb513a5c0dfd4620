package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Finds the files of benchmarks: what {@code --data} names, else, where a source has a hub set, the cache of the Hugging Face hub at the
 * pinned revision. Nothing is fetched.
 */
public final class DataFolder {

    private final List<Path> given;
    private final Path hub;
    private final BiConsumer<String, Path> listener;

    /**
     * Looks in these places.
     *
     * @param given files and folders, in this order
     * @param hub the hub's cache, {@code ~/.cache/huggingface/hub}
     */
    public DataFolder(List<Path> given, Path hub) {
        this(given, hub, (_, _) -> { });
    }

    private DataFolder(List<Path> given, Path hub, BiConsumer<String, Path> listener) {
        this.given = List.copyOf(given);
        this.hub = hub;
        this.listener = listener;
    }

    /** The same places; the listener hears of each file that is found in them, with the name it was looked for by. */
    DataFolder telling(BiConsumer<String, Path> found) {
        return new DataFolder(given, hub, found);
    }

    /** The hub's cache as its own tools find it: {@code HF_HUB_CACHE}, or {@code hub} in {@code HF_HOME}, or in the home's cache. */
    public static Path hubCache(Map<String, String> environment) {
        var cache = Optional.ofNullable(environment.get("HF_HUB_CACHE")).map(Path::of);
        var home = Optional.ofNullable(environment.get("HF_HOME")).map(Path::of);
        var standard = Path.of(System.getProperty("user.home"), ".cache", "huggingface");
        return cache.orElseGet(() -> home.orElse(standard).resolve("hub"));
    }

    /**
     * A file of a source: a given file of that name, or the file within a given folder or one of its folders, or in the hub's cache.
     *
     * @param file one of {@link Source#files()}
     * @throws LeewayException if it is nowhere, with how to get it
     */
    public Path file(Source source, String file) {
        return find(source, file).orElseThrow(() -> LeewayException.data("there is no %s%s; %s, and name its folder with --data", file,
            places(source), source.howToGet()));
    }

    /** Where a file of a source was looked for. */
    private String places(Source source) {
        var places = Stream.concat(given.isEmpty() ? Stream.empty() : Stream.of(given.toString()),
            source.hub().stream().map(set -> "the hub's cache " + hub + " (" + set.repository() + " at " + set.revision() + ")")).toList();
        return places.isEmpty() ? "" : " in " + String.join(" or ", places);
    }

    /** The same, where a benchmark can do without. */
    public Optional<Path> find(Source source, String file) {
        var found = Stream.concat(given.stream().flatMap(place -> within(place, file)), inHub(source, file).stream()).findFirst();
        found.ifPresent(path -> listener.accept(file, path));
        return found;
    }

    /** Those of the given places that are files, for benchmarks of a user's own rows. */
    public List<Path> givenFiles() {
        var files = given.stream().filter(Files::isRegularFile).toList();
        files.forEach(file -> listener.accept(file.getFileName().toString(), file));
        return files;
    }

    private static Stream<Path> within(Path place, String file) {
        if (Files.isRegularFile(place)) {
            return place.endsWith(Path.of(file).getFileName()) ? Stream.of(place) : Stream.empty();
        }
        // In folders of a folder the whole path alone counts: another data set has a test.jsonl too.
        return Stream.concat(Stream.of(place.resolve(file), place.resolve(Path.of(file).getFileName())),
            folders(place).map(folder -> folder.resolve(file))).filter(Files::exists);
    }

    private static Stream<Path> folders(Path place) {
        if (!Files.isDirectory(place)) {
            return Stream.empty();
        }
        try (var inside = Files.list(place)) {
            return inside.filter(Files::isDirectory).sorted().toList().stream();
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "--data: %s can't be read: %s", place, unreadable.getMessage());
        }
    }

    private Optional<Path> inHub(Source source, String file) {
        return source.hub().map(set -> hub.resolve("datasets--" + set.repository().replace("/", "--")).resolve("snapshots")
            .resolve(set.revision()).resolve(file)).filter(Files::exists);
    }
}
