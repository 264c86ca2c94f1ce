import java.net.HttpURLConnection;
import java.net.URL;

/** Gets a URL with HttpURLConnection. */
public class Get {
    public static void main(String[] args) throws Exception {
        ((HttpURLConnection) new URL(args[0]).openConnection()).getResponseCode();
    }
}
