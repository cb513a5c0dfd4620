package dev.leeway.study;

import dev.leeway.report.Markup;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** A browser without a window, which is to reach no network. */
final class Chromium {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");
    private static final Pattern MEASURED = Pattern.compile("data-measured=\"(\\d+) (\\d+) (\\d+)\"");
    private static final String SCRIPT = """
        <script>addEventListener("load", () => parent.document.documentElement.dataset.measured = innerWidth + " "
          + document.documentElement.scrollWidth + " " + performance.getEntriesByType("resource").length)</script></body>""";

    private final String program;
    private final Path folder;

    /** The first that is there. */
    Chromium(Path folder) {
        this.folder = folder;
        program = Stream.of(System.getenv("PATH").split(File.pathSeparator)).flatMap(at -> NAMES.stream().map(Path.of(at)::resolve))
            .filter(Files::isExecutable).map(Path::toString).findFirst().orElseThrow(() -> new AssertionError(
                "tests tagged chromium need one of " + NAMES + " on PATH; install the package chromium"));
    }

    /**
     * What a page measures.
     *
     * @param width that it was shown in
     * @param needed by its widest part that doesn't scroll by itself
     * @param loaded files beside its own
     */
    record Measured(int width, int needed, int loaded) {
    }

    BufferedImage picture(String html, int width, int height, boolean isDark) throws IOException, InterruptedException {
        var picture = Files.createTempFile(folder, "picture", ".png");
        run(html, width, height, "--screenshot=" + picture, "--blink-settings=preferredColorScheme=" + (isDark ? 0 : 1));
        return ImageIO.read(picture.toFile());
    }

    Measured measured(String html, int width) throws IOException, InterruptedException {
        var inner = Markup.escaped(html.replace("</body>", SCRIPT));
        var dom = run("<!doctype html><body><iframe style=\"border: 0; width: " + width + "px; height: 800px\" srcdoc=\"" + inner
            + "\"></iframe></body>", 2000, 1000, "--dump-dom"); // a frame, since a window has a least width
        var found = MEASURED.matcher(dom);
        if (!found.find()) {
            throw new AssertionError("the page was not measured: " + dom);
        }
        return new Measured(Integer.parseInt(found.group(1)), Integer.parseInt(found.group(2)), Integer.parseInt(found.group(3)));
    }

    private String run(String html, int width, int height, String... options) throws IOException, InterruptedException {
        var page = Files.writeString(Files.createTempFile(folder, "page", ".html"), html);
        var said = Files.createTempFile(folder, "said", ".txt");
        var command = new ArrayList<>(List.of(program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + Files.createTempDirectory(folder, "profile"),
            "--window-size=" + width + "," + height));
        command.addAll(List.of(options));
        command.add(page.toUri().toString());
        var process = new ProcessBuilder(command).redirectOutput(said.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("no end within two minutes: " + command);
        }
        return Files.readString(said);
    }
}
