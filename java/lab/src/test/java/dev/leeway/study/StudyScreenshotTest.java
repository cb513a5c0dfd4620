package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.report.HeatMap;
import dev.leeway.report.Part;
import dev.leeway.report.ScatterPlot;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** A study's page in a browser, with all that is folded open, so that everything on it is looked at. */
@Tag("chromium")
final class StudyScreenshotTest {

    private static final int LIGHT_PAPER = 0xFFFFFFFF;
    private static final int DARK_PAPER = 0xFF16181B;
    private static final int LIGHT_BLUE = 0xFF1A56C4;
    private static final int DARK_BLUE = 0xFF7AA7FF;
    private static final int PHONE = 400;

    @TempDir
    private static Path folder;
    private static String page;
    private static Chromium browser;

    /** A section with the parts that a study's own page has none of. */
    private static final class Figures implements Analysis {

        @Override
        public String name() {
            return "Figures";
        }

        @Override
        public ObjectNode json(StudyResults results) {
            return JsonFile.newObject();
        }

        @Override
        public List<Part> figures(StudyResults results) {
            var names = IntStream.range(0, 9).mapToObj(i -> "an evaluation prompt with a long name, " + i).toList();
            var cells = names.stream().map(_ -> Optional.of(0.5)).toList();
            return List.of(new HeatMap("heat", List.of("arm"), names, List.of(cells), 0, 1), new ScatterPlot("cloud", "before", "after",
                List.of(new ScatterPlot.Dot("one", 0, 1, 0.5), new ScatterPlot.Dot("at the edge", 1, 0, 1)), true));
        }
    }

    @BeforeAll
    static void carryOut() {
        var results = StudyPageTest.run(folder.resolve("study"));
        page = StudyPage.of(results, List.of(new Figures()), new LinkedHashMap<>(Map.of("Java", "25")),
            "leeway study run toy --output_dir /a/folder/with/a/very/long/name/so/that/the/command/does/not/fit/a/telephone").html()
            .replace("<details>", "<details open=\"\">");
        browser = new Chromium(folder);
    }

    @ParameterizedTest
    @CsvSource({"1200, 2000, false", "400, 2000, false", "1200, 2000, true", "400, 2000, true"})
    void thePageIsDrawnInItsColours(int width, int height, boolean isDark) throws Exception {
        var picture = browser.picture(page, width, height, isDark);
        assertEquals(width, picture.getWidth());
        assertEquals(height, picture.getHeight());
        assertEquals(isDark ? DARK_PAPER : LIGHT_PAPER, picture.getRGB(1, 1), "the paper");
        assertTrue(count(picture, isDark ? DARK_BLUE : LIGHT_BLUE) > 100, "dots and lines of the first series");
        assertEquals(0, count(picture, isDark ? LIGHT_BLUE : DARK_BLUE), "the other scheme's");
        long colours = pixels(picture).distinct().count();
        assertTrue(colours > 50, "words and lines have edges of many shades; found " + colours);
    }

    private static IntStream pixels(BufferedImage picture) {
        return IntStream.of(picture.getRGB(0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()));
    }

    private static long count(BufferedImage picture, int colour) {
        return pixels(picture).filter(pixel -> pixel == colour).count();
    }

    @Test
    void onATelephoneNothingIsWiderThanTheScreen() throws Exception {
        assertEquals(new Chromium.Measured(PHONE, PHONE, 0), browser.measured(page, PHONE));
        var tooWide = browser.measured(page.replace("</body>", "<p style=\"width: 500px\">wide</p></body>"), PHONE);
        assertTrue(tooWide.needed() > PHONE, "a page that is too wide is noticed: " + tooWide);
    }

    @Test
    void nothingIsLoaded() throws Exception {
        assertEquals(0, browser.measured(page, 1200).loaded());
        var loading = browser.measured(page.replace("<h1>", "<link rel=\"stylesheet\" href=\"http://127.0.0.1:1/other.css\"><h1>"), 1200);
        assertEquals(1, loading.loaded(), "a page that loads something is noticed");
    }
}
